# The image of `local/action.yml`: the action with its analyzers. `Dockerfile` is the slim image and explains what both
# have in common. This file is not in `local/`, because the runner builds in the file's folder.
# python:3.13-slim is pinned by the digest of its index for all platforms: Python 3.13.15 on Debian 13.
ARG BASE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${BASE} AS builder
RUN python -m venv --without-pip /opt/reviewbot && python -m venv --without-pip /build
COPY requirements/action.txt requirements/build.txt /src/requirements/
RUN pip --python /opt/reviewbot/bin/python install --no-cache-dir --no-compile --only-binary :all: --require-hashes \
      --requirement /src/requirements/action.txt \
    && pip --python /build/bin/python install --no-cache-dir --no-compile --only-binary :all: --require-hashes \
      --requirement /src/requirements/build.txt
COPY pyproject.toml README.md LICENSE CHANGELOG.md /src/
COPY templates /src/templates
COPY reviewbot /src/reviewbot
COPY shipping/templates.py /src/shipping/
# Compiled once, because containers are not reused. Hash-based .pyc files make the build reproducible.
RUN pip --python /build/bin/python wheel --no-cache-dir --no-deps --no-index --no-build-isolation --wheel-dir /dist /src \
    && pip --python /opt/reviewbot/bin/python install --no-cache-dir --no-compile --no-deps --no-index /dist/*.whl \
    && /opt/reviewbot/bin/python -I /src/shipping/templates.py \
    && /opt/reviewbot/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/reviewbot/lib

FROM ${BASE}
# Git is not pinned, so that each build gets Debian's security fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/* /var/log/*
COPY --from=builder /opt/reviewbot /opt/reviewbot
ENTRYPOINT ["/opt/reviewbot/bin/python", "-I", "-u", "-m", "reviewbot"]
CMD ["action"]

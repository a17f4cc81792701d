# The image of the action for reviews by CodeVF. `local.Dockerfile` is the image with the analyzers.
# GitHub requires: no USER, no WORKDIR, an exec-form entry point. -I: the working directory is a checkout of a pull
# request, so nothing may be imported from it.
# python:3.13-slim is pinned by the digest of its index for all platforms: Python 3.13.15 on Debian 13.
ARG BASE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${BASE} AS builder
# Git is not pinned, so that each build gets Debian's security fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git
# The environment has no pip. The base's pip fills it and stays in this stage.
RUN python -m venv --without-pip /opt/reviewbot && python -m venv --without-pip /build
COPY requirements/runtime.txt requirements/build.txt /src/requirements/
RUN pip --python /opt/reviewbot/bin/python install --no-cache-dir --no-compile --only-binary :all: --require-hashes \
      --requirement /src/requirements/runtime.txt \
    && pip --python /build/bin/python install --no-cache-dir --no-compile --only-binary :all: --require-hashes \
      --requirement /src/requirements/build.txt
COPY pyproject.toml README.md LICENSE CHANGELOG.md /src/
COPY templates /src/templates
COPY reviewbot /src/reviewbot
RUN pip --python /build/bin/python wheel --no-cache-dir --no-deps --no-index --no-build-isolation --wheel-dir /dist /src \
    && pip --python /opt/reviewbot/bin/python install --no-cache-dir --no-compile --no-deps --no-index /dist/*.whl
COPY shipping/image.py shipping/templates.py /src/shipping/
RUN /opt/reviewbot/bin/python -I /src/shipping/templates.py && python -I /src/shipping/image.py /image

# Only the collected files, because the base contains pip, perl and a package manager.
FROM scratch
COPY --from=builder /image /
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
# -I ignores the working directory, PYTHON* variables and the user's site folder. -u writes the log immediately.
ENTRYPOINT ["/opt/reviewbot/bin/python", "-I", "-u", "-m", "reviewbot"]
CMD ["action"]

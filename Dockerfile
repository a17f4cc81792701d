# The image of the action, for reviews by CodeVF. The one with the analyzers is `local.Dockerfile`.
# GitHub's rules: no USER and no WORKDIR, an exec-form entry point. -I: nothing is imported from the working directory,
# which is a checkout of a pull request.
# python:3.13-slim is pinned by the digest of its index for all platforms: Python 3.13.15 on Debian 13.
ARG BASE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${BASE} AS builder
# Git's version is the base's distribution's: a security fix should arrive with the next build, without a change here.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git
# The environment gets no pip of its own: the base's pip fills it, and stays behind in this stage.
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
COPY shipping/image.py /src/shipping/
RUN python -I /src/shipping/image.py /image

# Only the collected files: a layer on the base would carry its pip, perl and package manager along.
FROM scratch
COPY --from=builder /image /
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
# -I: neither the working directory nor PYTHON* variables nor a user's site folder are read. -u: the log is live.
ENTRYPOINT ["/opt/reviewbot/bin/python", "-I", "-u", "-m", "reviewbot"]
CMD ["action"]

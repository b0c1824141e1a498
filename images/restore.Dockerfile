# Makes the image of {repository} again ({spec}), with Worldline {version}.
# Build it in a folder that holds the repository's files in `testbed/`:
#     docker build -t {image} .
# Where pip needs another index: --build-arg PIP_INDEX_URL=... --build-arg PIP_TRUSTED_HOST=...
FROM {base}
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
USER root
{system}USER {user}
{packages}COPY --chown={user}:{user} testbed/ /testbed/
WORKDIR /testbed
ENV {environment}
{install}{finish}LABEL {labels}
CMD ["bash"]

# Makes the image of {repository} again ({spec}), with Worldline {version}.
# Build it in a folder that holds the repository's files in `testbed/`:
#     docker build -t {image} .
FROM {base}
USER root
{system}USER {user}
{packages}COPY --chown={user}:{user} testbed/ /testbed/
WORKDIR /testbed
ENV {environment}
{install}{finish}LABEL {labels}
CMD ["bash"]

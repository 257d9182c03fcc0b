# A Kinitro validator: docker build -f deploy/validator.Dockerfile -t kinitro-validator .
#
# The SDK makes wallets that only their owner can read. So the container may run as that owner, whatever its number:
#   docker run --user "$(id -u):$(id -g)" -v ~/.bittensor/wallets:/home/kinitro/.bittensor/wallets:ro ...
# Everybody may enter the home directory and write to /state; a new volume takes that over.
#
# Tags move. With --build-arg BASE_IMAGE=python:3.11-slim-bookworm@sha256:... the base is the one that you looked at.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
RUN useradd --create-home --uid 10001 kinitro
WORKDIR /opt/kinitro
COPY requirements/validator.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/validator.txt
COPY pyproject.toml README.md LICENSE ./
COPY kinitro kinitro
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
RUN mkdir -p /state && chmod 0777 /state && chmod 0755 /home/kinitro
USER kinitro
ENV HOME=/home/kinitro
ENV KINITRO_VALIDATOR_STATE_DIRECTORY=/state
VOLUME /state
ENTRYPOINT ["kinitro"]
CMD ["validate"]

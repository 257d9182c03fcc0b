# A Kinitro validator: docker build -f deploy/validator.Dockerfile -t kinitro-validator .
#
# The SDK makes wallets that only their owner can read. So the container may run as that owner, whatever its number:
#   docker run --user "$(id -u):$(id -g)" -v ~/.bittensor/wallets:/home/kinitro/.bittensor/wallets:ro ...
# Everybody may enter the home directory and write to /state; a new volume takes that over.
FROM python:3.11-slim
RUN useradd --create-home --uid 10001 kinitro
WORKDIR /opt/kinitro
COPY requirements/validator.in requirements/
RUN pip install --no-cache-dir -r requirements/validator.in
COPY pyproject.toml README.md LICENSE ./
COPY kinitro kinitro
RUN pip install --no-cache-dir --no-deps .
RUN mkdir -p /state && chmod 0777 /state && chmod 0755 /home/kinitro
USER kinitro
ENV HOME=/home/kinitro
ENV KINITRO_VALIDATOR_STATE_DIRECTORY=/state
VOLUME /state
ENTRYPOINT ["kinitro"]
CMD ["validate"]

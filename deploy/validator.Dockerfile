# A Kinitro validator: docker build -f deploy/validator.Dockerfile -t kinitro-validator .
FROM python:3.11-slim
RUN useradd --create-home --uid 10001 kinitro
WORKDIR /opt/kinitro
COPY requirements/validator.in requirements/
RUN pip install --no-cache-dir -r requirements/validator.in
COPY pyproject.toml README.md LICENSE ./
COPY kinitro kinitro
RUN pip install --no-cache-dir --no-deps . && mkdir /state && chown kinitro /state
USER kinitro
ENV KINITRO_VALIDATOR_STATE_DIRECTORY=/state
VOLUME /state
ENTRYPOINT ["kinitro"]
CMD ["validate"]

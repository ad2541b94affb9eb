# The hub, its command line and the simulators. Two stages: what builds does not ship.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/vigie
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY models models
COPY storage storage
COPY alerts alerts
COPY ingest ingest
COPY web web
COPY clinician_ui clinician_ui
COPY patient_ui patient_ui
COPY device_sim device_sim
COPY vigie vigie
RUN /opt/vigie/bin/pip install --no-cache-dir .

FROM python:3.11-slim-bookworm
# The allocator of `vigie serve` (docs/decisions/0021).
RUN apt-get update && apt-get install -y --no-install-recommends libjemalloc2 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/vigie --create-home vigie
COPY --from=build /opt/vigie /opt/vigie
ENV PATH=/opt/vigie/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER vigie
WORKDIR /var/lib/vigie
VOLUME /var/lib/vigie
EXPOSE 8000
HEALTHCHECK CMD ["vigie", "--help"]
CMD ["vigie", "serve"]

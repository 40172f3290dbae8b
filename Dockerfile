FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/puna && /opt/puna/bin/pip install --no-cache-dir '.[postgresql]'

FROM python:3.13-slim
# libgomp1 is what llama.cpp computes with; the slim image lacks it.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 puna && install -d -o puna -g puna /data
COPY --from=build /opt/puna /opt/puna
ENV PATH=/opt/puna/bin:$PATH PUNA_HOME=/data PUNA_HOST=0.0.0.0:11434
USER puna
VOLUME /data
EXPOSE 11434
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:11434/health', timeout=3)"]
ENTRYPOINT ["puna"]
CMD ["serve"]

# Guicheng as one image: web processes, workers and the set-up differ only in their command (see compose.yaml).
FROM node:24-slim AS assets
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/assets web/assets
COPY engine/expressions engine/expressions
RUN mkdir -p web/static && node web/assets/build.mjs

FROM python:3.12-slim
WORKDIR /app
ENV PATH="/app/.venv/bin:$PATH" PYTHONUNBUFFERED=1 GUICHENG_HOME=/data
RUN python -m venv .venv && pip install --no-cache-dir "uv>=0.9"
COPY pyproject.toml uv.lock ./
RUN UV_PROJECT_ENVIRONMENT=.venv uv sync --locked --no-dev --extra postgresql --extra scale --no-cache
COPY engine engine
COPY bpmn bpmn
COPY web web
COPY --from=assets /build/web/static web/static
COPY --from=assets /build/engine/expressions/feel.bundle.js engine/expressions/feel.bundle.js
RUN pybabel --quiet compile --directory web/translations && useradd --create-home guicheng \
    && mkdir /data && chown guicheng /data
USER guicheng
VOLUME /data
EXPOSE 8000
CMD ["waitress-serve", "--listen=0.0.0.0:8000", "--threads=8", "--trusted-proxy=*", \
     "--trusted-proxy-headers=x-forwarded-for x-forwarded-proto x-forwarded-host", \
     "--clear-untrusted-proxy-headers", "web.wsgi:application"]

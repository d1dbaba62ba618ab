# One image for the API, the worker and the jobs. The first stage compiles; the second carries what runs.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production TZ=UTC
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
RUN printf '#!/bin/sh\nexec node /app/dist/cli/l2c.js "$@"\n' > /usr/local/bin/l2c && chmod 755 /usr/local/bin/l2c
RUN install -d -o node -g node /var/lib/l2c
USER node
CMD ["node", "dist/api/main.js"]

# One image for every role; ROLE (api, worker, all) says what a container does.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
ENV PUPPETEER_SKIP_DOWNLOAD=true
COPY package.json package-lock.json .npmrc .puppeteerrc.cjs ./

FROM packages AS build
RUN npm ci --no-audit
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY src ./src
RUN npm run build

# The optional packages are the programs of an embedded Postgres; a container is given a database instead. The bundled
# Chromium (68 MB) is not among them, because npm passes over an optional package that asks for another Node; a container
# has Debian's, which is kept up to date.
FROM packages AS production-packages
RUN npm ci --omit=dev --omit=optional --no-audit \
  && rm -r node_modules/@sparticuz \
  && npm cache clean --force

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends chromium-headless-shell \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /data /artifacts
WORKDIR /app
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=3000 \
  DATA_DIR=/data \
  STORAGE_URL=file:///artifacts \
  BROWSER_PATH=/usr/lib/chromium/chromium-headless-shell
COPY --from=production-packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY public ./public
COPY package.json ./
# Chromium's sandbox refuses root, and so should everything else.
USER node
EXPOSE 3000
# A worker serves its health too. The start brings the schema up to date first, hence the long time.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

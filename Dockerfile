# Two stages: dependencies with npm, then the sources on a slim image that runs as an unprivileged user.
#   docker build -t heddle . && docker run -p 127.0.0.1:4000:4000 -v heddle:/var/lib/heddle heddle
FROM node:24-bookworm-slim AS dependencies
WORKDIR /heddle
COPY package.json package-lock.json .npmrc ./
COPY mongo/embedded/package.json ./mongo/embedded/
# No script of a package runs; the one that counts would bring a second Node.
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# On a network the schema and the Explorer are for callers with a key; docs/configuration.md has the other choices.
ENV HEDDLE_INTROSPECTION=authenticated HEDDLE_EXPLORER=authenticated
# The admin key of the first start goes into this file, not into the log of the container: docker exec <it> cat <file>
ENV HEDDLE_NEW_ADMIN_KEY_FILE=/var/lib/heddle/new-admin.key
ENV NODE_ENV=production HOST=0.0.0.0 HEDDLE_DATA_DIR=/var/lib/heddle
WORKDIR /heddle
COPY --from=dependencies /heddle/node_modules ./node_modules
COPY package.json LICENSE NOTICE ./
COPY catalog ./catalog
COPY cli ./cli
COPY core ./core
COPY deliveries ./deliveries
COPY gateway ./gateway
COPY guardrails ./guardrails
COPY inference ./inference
COPY mongo ./mongo
COPY providers ./providers
COPY schema ./schema
COPY server ./server
COPY state ./state
COPY subgraphs ./subgraphs
COPY telemetry ./telemetry
COPY transport ./transport
RUN mkdir -p /var/lib/heddle && chown node:node /var/lib/heddle
USER node
VOLUME /var/lib/heddle
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 \
  CMD ["node", "cli/healthcheck.ts"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=16", "--heap-growing-percent=100", "cli/main.ts"]
CMD ["serve"]

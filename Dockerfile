# The mock as an image: docker build -t chat-image-mock:0.1.0 .
# What is built is the same on every platform: it is built on that of the builder, whatever the image's.
FROM --platform=$BUILDPLATFORM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && find dist \( -name '*.d.ts' -o -type d -empty \) -delete && chmod +x dist/cli.js

# What draws is not: sharp is a binary of the image's platform.
FROM node:26-slim AS production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# For MOCK_STORE: elsewhere its user installs it, here nobody could. It is JavaScript alone.
COPY --from=build /app/node_modules/@redis/client node_modules/@redis/client
RUN find node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' -o -name '*.md' \) ! -iname 'licen[cs]e*' -delete

FROM node:26-slim
LABEL org.opencontainers.image.title="chat-image-mock" \
      org.opencontainers.image.description="The image models behind POST /v1/chat/completions, as a mock: JSON and SSE, real pictures, no key and no network" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/node:26-slim"
WORKDIR /app
COPY --from=production /app/node_modules node_modules
COPY package.json openapi.yaml LICENSE ./
COPY fixtures/glyphs.bin fixtures/glyphs.LICENSE fixtures/
COPY --from=build /app/dist dist
RUN ln -s /app/dist/cli.js /usr/local/bin/chat-image-mock
# A number, so that an orchestrator can see that it is not root; it writes nowhere, so its root may be read-only.
USER 1000:1000
ENV HOST=0.0.0.0
EXPOSE 4010
HEALTHCHECK --interval=3s --timeout=5s --start-period=30s --retries=3 CMD ["chat-image-mock", "ready"]
ENTRYPOINT ["chat-image-mock"]

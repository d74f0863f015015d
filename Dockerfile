# Build the image: docker build -t chat-image-mock:0.1.0 .
# This stage's output is the same for every platform, so it runs on the platform of the builder.
FROM --platform=$BUILDPLATFORM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && find dist \( -name '*.d.ts' -o -type d -empty \) -delete && chmod +x dist/cli.js

# sharp is a binary, so this stage runs on the platform of the image.
FROM node:26-slim AS production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# For MOCK_STORE. It is an optional peer dependency, which nobody can install in an image. It is pure JavaScript.
COPY --from=build /app/node_modules/@redis/client node_modules/@redis/client
RUN find node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' -o -name '*.md' \) ! -iname 'licen[cs]e*' -delete

FROM node:26-slim
LABEL org.opencontainers.image.title="chat-image-mock" \
      org.opencontainers.image.description="Mock server for image models behind an OpenAI-compatible POST /v1/chat/completions: JSON and SSE, real pictures, no API key, no network" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/node:26-slim"
WORKDIR /app
COPY --from=production /app/node_modules node_modules
COPY package.json openapi.yaml LICENSE ./
COPY fixtures/glyphs.bin fixtures/glyphs.LICENSE fixtures/
COPY --from=build /app/dist dist
RUN ln -s /app/dist/cli.js /usr/local/bin/chat-image-mock
# Kubernetes can check that a numeric user is not root. The mock writes no files, so the root may be read-only.
USER 1000:1000
# glibc otherwise keeps memory that is free: in one heap for each thread, and below the largest blocks that are in use.
ENV HOST=0.0.0.0 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_TRIM_THRESHOLD_=131072
EXPOSE 4010
HEALTHCHECK --interval=3s --timeout=5s --start-period=30s --retries=3 CMD ["chat-image-mock", "ready"]
ENTRYPOINT ["chat-image-mock"]

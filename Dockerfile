# syntax=docker/dockerfile:1

# ClaimCall as one static binary in an image without shell, package manager or root.
#
#   docker build -t claimcall .
#   docker run --read-only --tmpfs /data:uid=65532,gid=65532 -p 8080:8080 -p 1935:1935 \
#       -e CLAIMCALL_AUTH_KEY_FILE=/run/secrets/auth.key -v "$PWD/auth.key:/run/secrets/auth.key:ro" \
#       -e CLAIMCALL_PUBLIC_URL=https://call.example.org claimcall
#
# Give /data a volume in place of the tmpfs to keep calls. The key file must be readable for user 65532.

ARG GO_IMAGE=golang:1.26-bookworm
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOCACHE=/cache/build GOMODCACHE=/cache/mod
WORKDIR /src
# Modules change less often than the code, so they are a layer of their own.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache/mod go mod download
# With .git, from which Go takes the version that "claimcall --version" prints. Without it, that is "(devel)".
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/cache/mod --mount=type=cache,target=/cache/build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /out/claimcall ./cmd/claimcall
RUN mkdir /out/data

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="ClaimCall" \
      org.opencontainers.image.source="https://github.com/claimcall/claimcall" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/claimcall /claimcall
# The only place that it writes to, and only with the embedded store: the rest may be read-only.
COPY --from=build --chown=65532:65532 /out/data /data
ENV CLAIMCALL_DB=/data/claimcall.db
VOLUME /data
# The user "nonroot" of the base image, by number, so that a cluster that asks for runAsNonRoot can see it.
USER 65532:65532
# Pages, sockets, hooks and FLV; RTMP of the relay. The internal listener stays on loopback.
EXPOSE 8080 1935
# No HEALTHCHECK: it would need a shell or a client in the image. Ask /readyz from outside, as deploy/proxy.conf does for
# docker-compose.yml, and a kubelet by itself.
ENTRYPOINT ["/claimcall", "serve"]

# TokenForge as one image: the four services and the command line. `./dev image` builds it with buildah, no Docker engine needed;
# `docker build --build-arg BASE=debian:bookworm-slim .` works as well. docs/adr/0028 has the reasons.
#
#   docker run IMAGE tokenforge-auth --help          which program runs is the command; there is no shell around it
#
# BASE is a Debian 12 with apt: `./dev image` makes it with mmdebstrap. BINARIES is where the programs come from: the stage `build`
# compiles them; the stage `built` takes them from a folder of this name, for tests that have just compiled the same.
ARG BASE=localhost/tokenforge-base
ARG BINARIES=build

# ---------------------------------------------------------------------------------------------------------------- compiled here
FROM ${BASE} AS build
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
      ca-certificates g++ cmake ninja-build pkg-config \
      libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libprotoc-dev libabsl-dev libssl-dev \
      libhiredis-dev libsoci-dev libsqlite3-dev libpq-dev libcrypt-dev libuv1-dev libcurl4-openssl-dev \
      libsodium-dev libargon2-dev libzxcvbn-dev liboath-dev libqrencode-dev \
      rapidjson-dev libspdlog-dev libcpp-httplib-dev prometheus-cpp-dev \
      libboost1.81-dev libboost-program-options1.81-dev
WORKDIR /src
COPY . .
# Paths of the build are not in the programs, so that they do not depend on where they were built.
RUN cmake --preset release -DTOKENFORGE_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_CXX_FLAGS="-ffile-prefix-map=/src=." \
    && cmake --build build/release --target tokenforge tokenforge-auth tokenforge-users tokenforge-keys tokenforge-sessions \
    && DESTDIR=/out cmake --install build/release --component programs --strip

# --------------------------------------------------------------------------------------------------------- or compiled before
FROM scratch AS built
COPY binaries/ /out/usr/bin/

FROM ${BINARIES} AS programs

# ------------------------------------------------------------------------------------------------------------------- what runs
FROM ${BASE} AS runtime
ARG SOURCE_DATE_EPOCH=0
COPY deploy/image/packages deploy/image/sbom deploy/image/tidy /tmp/image/
# The programs' libraries and nothing that they recommend; then everything goes that is needed to install but not to run, or that
# would be different in the next build.
RUN apt-get -q update \
    && DEBIAN_FRONTEND=noninteractive apt-get -q -y upgrade \
    && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $(sed 's/#.*//' /tmp/image/packages) \
    && sh /tmp/image/tidy && sh /tmp/image/sbom && rm -rf /tmp/image
COPY --from=programs /out/usr/bin/ /usr/bin/
LABEL org.opencontainers.image.title="TokenForge" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="debian:bookworm"
# Nobody in particular: no name, no home, no shell. It writes nothing; run it with a read-only root.
USER 10001:10001
WORKDIR /
EXPOSE 7443 7080 7444 7445 7446 9443 9444 9445 9446
STOPSIGNAL SIGTERM
CMD ["tokenforge", "--help"]

# Redis and PostgreSQL for `./dev image --test`: Debian's, in the settings of the overlay `dev`. Not for anything else.
ARG BASE
FROM ${BASE}
RUN apt-get -q update && mkdir -p /etc/postgresql-common \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends redis-server postgresql
USER 999:999

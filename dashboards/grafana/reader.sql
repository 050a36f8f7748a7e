-- The user of Grafana's data source, made with a new database: it reads everything and writes nothing. Rights on each
-- table would be gone when `firstlight rebuild` swaps the tables; this one is not bound to any.
\getenv password GRAFANA_DATABASE_PASSWORD
create role grafana login password :'password' connection limit 10;
alter role grafana set default_transaction_read_only = on;
alter role grafana set statement_timeout = '30s';
grant pg_read_all_data to grafana;

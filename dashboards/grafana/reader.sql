-- The user of Grafana's data source, which is made with a new database. It may read everything and write nothing.
-- `firstlight rebuild` swaps the tables, and rights on single tables would be lost; pg_read_all_data is not bound to any.
\getenv password GRAFANA_DATABASE_PASSWORD
create role grafana login password :'password' connection limit 10;
alter role grafana set default_transaction_read_only = on;
alter role grafana set statement_timeout = '30s';
grant pg_read_all_data to grafana;

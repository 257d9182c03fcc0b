-- A chain for one machine; kinitro/chain/local.py says how it works. Statements may be repeated.

create schema if not exists local_chain;
create table if not exists local_chain.chain (
  one          bool primary key default true check (one),
  genesis      timestamptz not null default clock_timestamp(),
  genesis_hash bytea not null,
  block_time_s double precision not null
);
create table if not exists local_chain.subnet (
  netuid       int primary key,
  owner_hotkey text,
  tempo        int not null,
  weights_version    bigint not null default 0,
  weights_rate_limit int not null default 0,
  commit_reveal      bool not null default false,
  reveal_period_epochs int not null default 1,
  min_stake    double precision not null default 0
);
create table if not exists local_chain.neuron (       -- one row per occupant of a slot, past ones included
  netuid       int not null,
  uid          int not null,
  hotkey       text not null,
  coldkey      text not null,
  permit       bool not null,
  stake        double precision not null,
  from_block   bigint not null,
  until_block  bigint,                                -- the first block in which somebody else has the slot
  primary key (netuid, uid, from_block)
);
create table if not exists local_chain.commitment (
  netuid int not null, hotkey text not null, block bigint not null, data bytea not null,
  primary key (netuid, hotkey, block)
);
create table if not exists local_chain.weights (
  netuid int not null, uid int not null, hotkey text not null, block bigint not null,
  reveal_block bigint not null,                       -- from when the row is visible; = block without commit-reveal
  row jsonb not null,
  primary key (netuid, hotkey, block)
);

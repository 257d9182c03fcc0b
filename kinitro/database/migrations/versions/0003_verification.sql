-- Shadow verification: recordings of real episodes, and what became of comparing them with the committed policy.
-- All statements on these tables are in kinitro/taskpool/verifications.sql.

-- What a policy was told and asked, outside the hot tables; dropped by retention together with the traces.
create table recording (
  task_id  bigint primary key,
  cycle_id int not null,
  data     bytea not null                     -- kinitro.evaluation.recordings
);
alter table recording alter column data set storage external;  -- already compressed
create index recording_cycle on recording (cycle_id);

-- One row per recorded episode that counts for its miner; it stays, as evidence. A verdict is final.
create table verification (
  task_id     bigint primary key,
  cycle_id    int not null,
  uid         int not null,
  ready_at    timestamptz not null default now(),  -- not given out before: the end of a lease, or a pause after a failure
  lease_id    bigint,                         -- of whoever has it, or had it last: the fencing token
  attempts    smallint not null default 0,    -- leases so far
  executor_id int,                            -- whose key the verifier has
  verdict     text check (verdict in ('match', 'mismatch', 'unverifiable', 'error')),   -- null: outstanding
  evidence    jsonb,                          -- kinitro.taskpool.verdicts.Evidence
  finished_at timestamptz
);
create index verification_of_miner on verification (uid, cycle_id);
create index verification_of_cycle on verification (cycle_id);
create index verification_open on verification (cycle_id, ready_at) where verdict is null;
create sequence verification_lease_seq;

-- A miner is known by its hotkey and the block of its commitment, over all cycles.
create index cycle_miner_commitment on cycle_miner (hotkey, first_block);

alter table cycle add column scoring_at timestamptz;           -- since when verdicts are waited for
alter table executor add column verified_at timestamptz;       -- when it last asked for something to verify
alter table executor_key drop constraint executor_key_scope_check;
alter table executor_key add constraint executor_key_scope_check check (scope in ('tasks', 'read', 'verify'));

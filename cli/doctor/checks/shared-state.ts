import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import { createLog } from '#server/log.ts';
import { connectRedis } from '#state/redis/connect.ts';
import { checkClock } from '../clock.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { createFindings, type DoctorFinding, describeError } from '../finding.ts';

const { ok, warning, failed } = createFindings('shared state');

const redisMajorMin = 7;
/** How long the key of the write probe is kept. */
const probeMs = 1_000;

/** Redis: reachable, of which version, writable, replicated, with which persistence and eviction; and its clock. */
export async function checkSharedState({ environment, parts }: Diagnosis): Promise<readonly DoctorFinding[]> {
  const { REDIS_URL: url, HEDDLE_TLS_CA: caFile } = environment;
  if (url === undefined) {
    const isWhole = parts.includes('gateway') && parts.length > 1;
    const message = 'no REDIS_URL: meters, stream logs, cache and bus are in the memory of the process';
    return isWhole
      ? [ok(message)]
      : [warning(message, 'Set REDIS_URL: several processes count and stream together only with Redis.')];
  }
  try {
    const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
    await using connections = await connectRedis(
      url,
      createLog('silent'),
      ca === undefined ? undefined : () => ca,
    );
    const { commands } = connections;
    const hasSubgraph = parts.some((part) => part !== 'gateway');
    return [
      ...(await describeServer(commands)),
      ...(hasSubgraph ? [await checkWrites(commands)] : []),
      await compareClock(commands),
    ];
  } catch (error) {
    return [
      failed(
        `Redis cannot be used: ${describeError(error)}`,
        'Check REDIS_URL, the network, the user, the certificate, and that the server runs.',
      ),
    ];
  }
}

async function describeServer(redis: Redis): Promise<readonly DoctorFinding[]> {
  const facts = readInfo(await redis.info());
  const version = facts.get('redis_version') ?? 'of an unknown version';
  const isOld = Number.parseInt(version, 10) < redisMajorMin;
  const evicts = facts.get('maxmemory') !== '0' && facts.get('maxmemory_policy') !== 'noeviction';
  const replicas = facts.get('connected_slaves') ?? '0';
  return [
    isOld
      ? failed(`Redis ${version} is too old`, `Upgrade it to ${redisMajorMin} or newer.`)
      : ok(`Redis ${version} answers`),
    ...(facts.get('role') === 'slave'
      ? [
          failed(
            'the Redis of REDIS_URL is a replica, which takes no writes',
            'Name the primary in REDIS_URL.',
          ),
        ]
      : [ok(`Redis is a primary with ${replicas} replicas`)]),
    evicts
      ? warning(
          `Redis evicts keys (maxmemory-policy ${facts.get('maxmemory_policy')}): meters and streams can vanish`,
          'Set maxmemory-policy noeviction.',
        )
      : ok('Redis evicts no keys'),
    facts.get('rdb_last_bgsave_status') === 'err' || facts.get('aof_last_write_status') === 'err'
      ? failed('Redis cannot write its own disk', 'Look at the space and the log of Redis.')
      : ok(
          `Redis persistence: append-only file ${facts.get('aof_enabled') === '1' ? 'on' : 'off'}; what is lost with Redis is read back or starts anew`,
        ),
  ];
}

/** The lines `name:value` of INFO. */
function readInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

async function checkWrites(redis: Redis): Promise<DoctorFinding> {
  try {
    await redis.set(`heddle:doctor:${randomUUID()}`, '', 'PX', probeMs);
    return ok('a write to Redis succeeds');
  } catch (error) {
    return failed(
      `a write to Redis fails: ${describeError(error)}`,
      'Look at the rights of the user and at the memory of Redis.',
    );
  }
}

async function compareClock(redis: Redis): Promise<DoctorFinding> {
  const sentMs = Date.now();
  const [seconds, microseconds] = await redis.time();
  const theirsMs = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  return checkClock({ source: 'Redis', theirsMs, sentMs, receivedMs: Date.now(), stepMs: 1 });
}

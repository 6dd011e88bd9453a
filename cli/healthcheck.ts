/** Checks whether a process of the mesh would serve a call: exit code 0 or 1. For containers, which have no curl. */
import { readFileSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { get as getSecure, type RequestOptions } from 'node:https';

const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT ?? 4000}/health/ready`;
const ca = process.env.HEDDLE_TLS_CA ? readFileSync(process.env.HEDDLE_TLS_CA) : undefined;
const options: RequestOptions = { signal: AbortSignal.timeout(2_500), ...(ca === undefined ? {} : { ca }) };
const get = url.startsWith('https:') ? getSecure : getPlain;
get(url, options, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () =>
  process.exit(1),
);

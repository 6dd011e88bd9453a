/** Asks a process of the mesh whether it would serve a call: exit code 0 or 1. For containers, which have no curl. */
const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT ?? 4000}/health/ready`;
const ready = await fetch(url, { signal: AbortSignal.timeout(2_500) }).then(
  (response) => response.ok,
  () => false,
);
process.exit(ready ? 0 : 1);

import { expect, it } from 'vitest';
import { joinProcesses } from './join-processes.ts';

it('joins the texts of processes: each family once, each series with its process, exemplars kept', () => {
  const one = `# HELP calls Calls.
# TYPE calls counter
calls_total{code="A # {b}"} 3 # {trace_id="0123456789abcdef0123456789abcdef"} 1 1700000000
# HELP lag Lag.
# TYPE lag gauge
lag 0.5
# EOF
`;
  const two = `# HELP lag Lag.
# TYPE lag gauge
lag{} 2
# HELP only Here alone.
# TYPE only gauge
only 1
# HELP calls Calls.
# TYPE calls counter
calls_total{code="A"} 4
# EOF
`;
  expect(
    joinProcesses(
      new Map([
        ['first', one],
        ['worker-1', two],
      ]),
    ),
  ).toBe(`# HELP calls Calls.
# TYPE calls counter
calls_total{process="first",code="A # {b}"} 3 # {trace_id="0123456789abcdef0123456789abcdef"} 1 1700000000
calls_total{process="worker-1",code="A"} 4
# HELP lag Lag.
# TYPE lag gauge
lag{process="first"} 0.5
lag{process="worker-1"} 2
# HELP only Here alone.
# TYPE only gauge
only{process="worker-1"} 1
# EOF
`);
});

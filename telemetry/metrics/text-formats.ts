import type { MetricsText } from '#core/observers/metrics-page.ts';

const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const plainType = 'text/plain; version=0.0.4; charset=utf-8';

/** True where a request prefers OpenMetrics, as Prometheus does when it is to store exemplars. */
export function acceptsOpenMetrics(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const readWeight = (type: string): number => {
    const ranges = accept
      .split(',')
      .map((range) => range.split(';').map((part) => part.trim().toLowerCase()));
    const weights = ranges
      .filter(([name]) => name === type)
      .map((parts) => Number(parts.find((part) => part.startsWith('q='))?.slice(2) ?? 1));
    return Math.max(0, ...weights.filter((weight) => weight >= 0 && weight <= 1));
  };
  const weight = readWeight('application/openmetrics-text');
  return weight > 0 && weight >= readWeight('text/plain');
}

/**
 * The text of OpenMetrics in the format that a request accepts. In the older text format counters have `_total` in the lines of their
 * help and type too, and there are no exemplars.
 */
export function toAcceptedText(openMetrics: string, accept: string | undefined): MetricsText {
  if (acceptsOpenMetrics(accept)) return { contentType: openMetricsType, text: openMetrics };
  const lines = openMetrics.split('\n').filter((line) => line !== '# EOF');
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.slice(1) ?? []));
  const text = lines.map((line) => {
    if (!line.startsWith('# ')) return withoutExemplar(line);
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    return counters.has(name) ? `# ${keyword} ${name}_total ${rest}` : line;
  });
  return { contentType: plainType, text: text.join('\n') };
}

/** A sample ends with its value, unless an exemplar follows: the text of a label cannot end a sample. */
function withoutExemplar(line: string): string {
  const at = line.lastIndexOf(' # {');
  return at === -1 || !/^ # \{trace_id="[0-9a-f]{32}"\} \S+ \S+$/.test(line.slice(at))
    ? line
    : line.slice(0, at);
}

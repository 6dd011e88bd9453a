/** The samples of a text of Prometheus: the value of each series, by its name and labels as they are written. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^(\S+?(?:\{.*?\})?) (\S+)(?: # .*)?$/.exec(line) ?? []);
  return new Map(samples.map(([, series = '', value = '']) => [series, Number(value)]));
}

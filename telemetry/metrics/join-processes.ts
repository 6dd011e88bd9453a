/** The label that distinguishes the series of one process from those of the others of its mesh. */
const label = 'process';

interface Family {
  /** Its lines of help, type and unit. */
  readonly about: string[];
  readonly samples: string[];
}

/**
 * One text of OpenMetrics of those of several processes, whose names are letters, digits and hyphens: each series gets the label `process`, and each family
 * stands once, as the format demands.
 */
export function joinProcesses(texts: ReadonlyMap<string, string>): string {
  const families = new Map<string, Family>();
  for (const [name, text] of texts) {
    let family: Family = { about: [], samples: [] };
    for (const line of text.split('\n')) {
      if (line === '' || line === '# EOF') continue;
      const [, of] = /^# (?:HELP|TYPE|UNIT) (\S+)/.exec(line) ?? [];
      if (of === undefined) {
        family.samples.push(labelSample(line, name));
        continue;
      }
      const known = families.get(of) ?? { about: [], samples: [] };
      families.set(of, known);
      if (!known.about.includes(line) && known.samples.length === 0) known.about.push(line);
      family = known;
    }
  }
  const lines = [...families.values()].flatMap(({ about, samples }) => [...about, ...samples]);
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

/** `name{labels} value` or `name value`. */
function labelSample(line: string, name: string): string {
  const at = line.search(/[{ ]/);
  if (line[at] !== '{') return `${line.slice(0, at)}{${label}="${name}"}${line.slice(at)}`;
  const comma = line[at + 1] === '}' ? '' : ',';
  return `${line.slice(0, at + 1)}${label}="${name}"${comma}${line.slice(at + 1)}`;
}

import { type ASTNode, Kind, parse } from 'graphql';

/** Where an element is written. */
export interface SourceLine {
  /** From the root of the checkout. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Finds elements in SDL files by their coordinate, as `Type.field(argument:)` or `Type.field.argument`. An element that is
 * gone is found at the nearest one around it that is there; undefined: not even its type is.
 *
 * @param files SDL by file name
 */
export function createLocator(
  files: Readonly<Record<string, string>>,
): (where: string) => SourceLine | undefined {
  const lines = new Map<string, SourceLine>();
  for (const [file, sdl] of Object.entries(files)) {
    for (const definition of parse(sdl).definitions) {
      if (!('name' in definition) || definition.name === undefined) continue;
      note(definition.name.value, definition.name, file);
      const members = [
        ...('fields' in definition ? (definition.fields ?? []) : []),
        ...('values' in definition ? (definition.values ?? []) : []),
      ];
      for (const member of members) {
        const where = `${definition.name.value}.${member.name.value}`;
        note(where, member.name, file);
        if (member.kind !== Kind.FIELD_DEFINITION) continue;
        for (const argument of member.arguments ?? []) {
          note(`${where}.${argument.name.value}`, argument.name, file);
        }
      }
    }
  }

  function note(where: string, node: ASTNode, file: string): void {
    const line = node.loc?.startToken.line;
    if (line !== undefined && !lines.has(where)) lines.set(where, { file, line });
  }

  return (where) => {
    const parts = where.replace(/\((\w+):\)$/, '.$1').split('.');
    for (let length = parts.length; length > 0; length--) {
      const found = lines.get(parts.slice(0, length).join('.'));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

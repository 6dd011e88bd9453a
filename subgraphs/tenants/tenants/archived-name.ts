/** What has a unique name and can be archived. */
interface Named {
  readonly _id: string;
  readonly name: string;
  /** Null or absent: it is not archived. */
  readonly archivedAt?: Date | null;
}

/** Names are stored without space around them: what ends with a space is the name of nothing that is in use. */
const toSuffix = ({ _id }: Pick<Named, '_id'>) => ` ${_id} `;

/** The name under which something that is archived is stored, so that its own is free. */
export function storedArchivedName(record: Named): string {
  return `${shownName(record)}${toSuffix(record)}`;
}

/** The name of a record, archived or not. */
export function shownName(record: Named): string {
  return record.archivedAt == null ? record.name : record.name.slice(0, -toSuffix(record).length);
}

/** The record with its name, as people know it. */
export function withShownName<T extends Named>(record: T): T {
  return { ...record, name: shownName(record) };
}

/** Behind a pattern with the option s: lets it match within the name alone, not in the id of what is archived. */
export const withinShownName = '(?:.*(?:[^ ]| [^ ]+ ))?$';

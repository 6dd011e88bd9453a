/** An entity of another subgraph: its id is all that is known of it. */
export interface EntityReference {
  readonly id: string;
}

/** A value of an interface or union, with the name of its type. */
export interface TypedReference {
  readonly __typename: string;
  readonly id?: string;
}

/** Another subgraph's entity; null stays null. */
export function toEntity(id: string): EntityReference;
export function toEntity(id: string | null): EntityReference | null;
export function toEntity(id: string | null): EntityReference | null {
  return id === null ? null : { id };
}

/** Remembers which single-use tokens were used. */
export interface UsedTokens {
  /** Do all processes of the mesh share them, restarted ones included? */
  readonly shared: boolean;
  /** Marks the token as used for so long. False when it was marked before. Rejects with OVERLOADED when it cannot be. */
  add(id: string, rememberedMs: number): Promise<boolean>;
}

/** For commands that a test sends for itself: its comment leaves them out of the contract, which is the domain's. */
export const ofTest = { comment: 'of a test' } as const;

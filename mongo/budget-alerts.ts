import { defineCollection } from './collection.ts';

/** A threshold of a budget that was reached in a window, so that it is reported once by all processes. */
export interface BudgetAlertRecord {
  /** Budget, amount, start of the window and threshold. */
  _id: string;
  /** Some time after the window has ended. */
  expiresAt: Date;
}

export const budgetAlerts = defineCollection<BudgetAlertRecord>(
  'budgetAlerts',
  { _id: { type: String, required: true }, expiresAt: { type: Date, required: true } },
  [[{ expiresAt: 1 }, { expireAfterSeconds: 0 }]],
);

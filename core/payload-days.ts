/** Days that payloads are kept for where their tenant has chosen nothing else. */
export const payloadDaysDefault = 30;

/** The most days that a tenant can choose. */
export const payloadDaysMax = 365;

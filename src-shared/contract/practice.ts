/** Who approves in the sample organisation, and the PIN everybody may know: it guards nothing real (X9). */
export const sampleApprover = { id: 'priya', name: 'Priya Shah', pin: '2468' } as const;

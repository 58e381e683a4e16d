import type { Diagnosis, DiagnosisKind } from 'leat/compute';

/** What `diagnose` says of a job: the contract's diagnosis, with nothing left out. */
export interface BatchDiagnosis extends Diagnosis {
  /** A stable name of the situation, for programs: `vcpu-quota`, `head-blocks`, `unknown`, … */
  readonly code: string;
  readonly kind: DiagnosisKind;
  readonly confidence: 'certain' | 'likely' | 'none';
  readonly evidence: readonly string[];
}

/** What one rule found. */
export type Finding = BatchDiagnosis & { readonly confidence: 'certain' | 'likely' };

/** Sorts findings of several environments: where the job may still run comes before what keeps it from running elsewhere. */
export const promise: Readonly<Record<DiagnosisKind, number>> = {
  running: 0,
  ended: 0,
  'on-its-way': 1,
  waiting: 2,
  'no-capacity': 3,
  misconfigured: 4,
  'never-fits': 5,
  unknown: 6,
};

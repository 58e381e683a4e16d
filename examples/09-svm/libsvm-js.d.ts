/** The part of libsvm-js that we use; the package has no types of its own. */
declare module 'libsvm-js/asm.js' {
  interface SvmOptions {
    readonly type: string;
    readonly kernel: string;
    readonly cost?: number;
    readonly gamma?: number;
    readonly degree?: number;
    readonly coef0?: number;
    readonly quiet?: boolean;
  }

  class SVM {
    static readonly SVM_TYPES: Readonly<Record<'C_SVC', string>>;
    static readonly KERNEL_TYPES: Readonly<Record<'LINEAR' | 'POLYNOMIAL' | 'RBF' | 'SIGMOID', string>>;
    static load(serialised: string): SVM;
    constructor(options: SvmOptions);
    train(samples: readonly (readonly number[])[], labels: readonly number[]): void;
    predict(samples: readonly (readonly number[])[]): number[];
    serializeModel(): string;
    free(): void;
  }

  export default SVM;
}

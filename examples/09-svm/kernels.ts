/** Apart from the machine: the flow file names the kernels without loading the library. */
export const kernels = ['linear', 'polynomial', 'rbf', 'sigmoid'] as const;

export type Kernel = (typeof kernels)[number];

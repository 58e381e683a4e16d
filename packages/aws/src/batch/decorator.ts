import { layerDecorator, type LayerDecorator } from 'leat';
import type { BatchOptions } from './options.ts';

/**
 * Sends a step to AWS Batch. What it says of resources wins over `@resources`, value by value; `--with batch` does not touch the step.
 *
 * @example
 * @batch({ memory: 16_000, cpu: 4, queue: 'spot' })
 * @step async train() { … }
 */
export const batch: LayerDecorator<BatchOptions> = layerDecorator<BatchOptions>('batch');

/** What a thread of the pool runs. */
export default (item: number): number => item % 1000;

// What the smallest bundle is measured with: a workflow that does nothing.
export async function emptyWorkflow(): Promise<void> {}

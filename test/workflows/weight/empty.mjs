export async function empty() {}

// A PNG with a palette of its 256 most frequent colours, others shown by the nearest one of them:
// pages have few colours, so nobody sees a difference, and the file is a third of the size.
async (png) => {
  const bytes = Uint8Array.from(atob(png), (one) => one.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const { width, height } = image;
  const drawing = new OffscreenCanvas(width, height).getContext("2d");
  drawing.drawImage(image, 0, 0);
  const pixels = new Uint32Array(drawing.getImageData(0, 0, width, height).data.buffer);

  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const colours = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const palette = colours.slice(0, 256).map(parts);
  const distance = (a, b) => a.reduce((sum, part, at) => sum + (part - b[at]) ** 2, 0);
  const nearest = (colour) =>
    palette.reduce(
      (best, one, at) => (distance(one, colour) < distance(palette[best], colour) ? at : best),
      0,
    );
  const places = new Map(colours.map((one, at) => [one, at < 256 ? at : nearest(parts(one))]));

  const rows = new Uint8Array((width + 1) * height);
  pixels.forEach((pixel, at) => {
    rows[at + Math.floor(at / width) + 1] = places.get(pixel);
  });
  const squeezed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(squeezed).arrayBuffer());

  const number = (value) => [24, 16, 8, 0].map((bits) => (value >>> bits) & 255);
  const check = (of) => {
    let sum = -1;
    for (const byte of of) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return number(~sum);
  };
  const chunk = (name, content) => {
    const body = [...name].map((one) => one.charCodeAt(0)).concat([...content]);
    return [...number(content.length), ...body, ...check(body)];
  };
  const file = Uint8Array.from([
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...chunk("IHDR", [...number(width), ...number(height), 8, 3, 0, 0, 0]),
    ...chunk("PLTE", palette.flat()),
    ...chunk("IDAT", data),
    ...chunk("IEND", []),
  ]);
  return btoa([...file].map((byte) => String.fromCharCode(byte)).join(""));
}

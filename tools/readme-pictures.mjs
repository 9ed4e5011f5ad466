// Makes the README's pictures from those of the demo: `npm run demo && node tools/readme-pictures.mjs`.
import sharp from 'sharp';

for (const name of ['chelsea', 'astronaut']) {
  await sharp(`out/demo/${name}.overlay.png`)
    .webp({ quality: 88, effort: 6 })
    .toFile(`docs/${name}.webp`);
}

// A model for whisper.cpp with random weights and a made-up vocabulary: it understands nothing, but a
// server that runs it speaks the protocol as with any other.
//
//     node model.mjs >model.bin
//
// The format is that of whisper.cpp's models (whisper_model_load): a magic number, sizes, the mel
// filters, the vocabulary, and tensors by name, 16 bit floats where there are two dimensions.
import { writeSync } from "node:fs";

const VOCABULARY = 50257;
const TOKENS = 51865; // with the special ones of a model of many languages
const AUDIO = 1500;
const TEXT = 448;
const LOOKED_UP = [" ", " -", " '"]; // whisper.cpp ends a request when it does not find them
const STATE = 64;
const LAYERS = 4; // as "tiny" has
const MELS = 80;
const FFT = 201;
const F32 = 0;
const F16 = 1;

let seed = 1;
function random() {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
}

function write(bytes) {
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

function integers(...values) {
    write(Buffer.from(Int32Array.from(values).buffer));
}

// Numbers of either sign between 2^-8 and 2^-4 as 16 bit floats.
function halves(count) {
    const bits = new Uint16Array(count);
    for (let i = 0; i < count; i++)
        bits[i] = ((random() < 0.5 ? 1 : 0) << 15) | ((7 + Math.floor(random() * 4)) << 10) | (random() * 1024);
    return Buffer.from(bits.buffer);
}

function floats(count, value) {
    return Buffer.from(Float32Array.from({ length: count }, value).buffer);
}

function tensor(name, type, shape, data) {
    integers(shape.length, Buffer.byteLength(name), type, ...shape);
    write(Buffer.from(name));
    write(data);
}

function weight(name, ...shape) {
    tensor(name, F16, shape, halves(shape.reduce((a, b) => a * b)));
}

function bias(name, ...shape) {
    tensor(name, F32, shape, floats(shape.reduce((a, b) => a * b), () => 0));
}

function positions(name, length) {
    tensor(name, F32, [STATE, length], floats(STATE * length, () => random() - 0.5));
}

function norm(name) {
    tensor(`${name}.weight`, F32, [STATE], floats(STATE, () => 1));
    bias(`${name}.bias`, STATE);
}

function attention(name) {
    norm(`${name}_ln`);
    for (const part of ["query", "key", "value", "out"]) {
        weight(`${name}.${part}.weight`, STATE, STATE);
        if (part !== "key") bias(`${name}.${part}.bias`, STATE);
    }
}

function layer(name, crosses) {
    attention(`${name}.attn`);
    if (crosses) attention(`${name}.cross_attn`);
    norm(`${name}.mlp_ln`);
    weight(`${name}.mlp.0.weight`, STATE, 4 * STATE);
    bias(`${name}.mlp.0.bias`, 4 * STATE);
    weight(`${name}.mlp.2.weight`, 4 * STATE, STATE);
    bias(`${name}.mlp.2.bias`, STATE);
}

integers(0x67676d6c);
integers(TOKENS, AUDIO, STATE, 1, LAYERS, TEXT, STATE, 1, LAYERS, MELS, F16);
integers(MELS, FFT);
write(floats(MELS * FFT, () => random() / FFT));
integers(VOCABULARY);
for (let i = 0; i < VOCABULARY; i++) {
    const word = Buffer.from(LOOKED_UP[i] ?? ` w${i}`);
    integers(word.length);
    write(word);
}
positions("encoder.positional_embedding", AUDIO);
weight("encoder.conv1.weight", 3, MELS, STATE);
bias("encoder.conv1.bias", 1, STATE);
weight("encoder.conv2.weight", 3, STATE, STATE);
bias("encoder.conv2.bias", 1, STATE);
norm("encoder.ln_post");
for (let i = 0; i < LAYERS; i++) layer(`encoder.blocks.${i}`, false);
positions("decoder.positional_embedding", TEXT);
weight("decoder.token_embedding.weight", STATE, TOKENS);
norm("decoder.ln");
for (let i = 0; i < LAYERS; i++) layer(`decoder.blocks.${i}`, true);

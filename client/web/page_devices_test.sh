#!/bin/bash
exec node client/web/testing/devices.mjs

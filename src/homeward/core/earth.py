"""Distances on the earth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RADIUS_KM = 6371.0


def kilometres(points: NDArray[np.float64], latitude: float, longitude: float) -> NDArray[np.float64]:
    """(n,): the great-circle distance of (n, 2) latitudes and longitudes in radians to a position in degrees.

    By the haversine formula on a sphere, within 0.6 % of the ellipsoid.
    """
    at = np.radians([latitude, longitude])
    half = np.sin((points[:, 0] - at[0]) / 2) ** 2
    half += np.cos(points[:, 0]) * np.cos(at[0]) * np.sin((points[:, 1] - at[1]) / 2) ** 2
    return np.asarray(2 * RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def directions(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) unit vectors from the middle of the earth to (n, 2) latitudes and longitudes in radians."""
    latitudes, longitudes = points.T
    flat = np.cos(latitudes)
    return np.stack([flat * np.cos(longitudes), flat * np.sin(longitudes), np.sin(latitudes)], axis=1)

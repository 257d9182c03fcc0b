"""Is what the operator published true? For validators before they set weights, and for anybody afterwards."""
